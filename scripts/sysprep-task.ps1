# Runs Sysprep, judges it, publishes the verdict over guestinfo and shuts down. Started by sysprep.ps1 as a scheduled
# task of Administrator; there is no standard input and no one to answer to but guestinfo.
[CmdletBinding()]
param()

Set-StrictMode -Version 3
$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'
. (Join-Path -Path $PSScriptRoot -ChildPath 'common.ps1')
. (Join-Path -Path $PSScriptRoot -ChildPath 'lib-sshd.ps1')
. (Join-Path -Path $PSScriptRoot -ChildPath 'lib-state.ps1')
. (Join-Path -Path $PSScriptRoot -ChildPath 'lib-tools.ps1')

$TaskName = 'ingot-sysprep'
$SysprepFolder = Join-Path -Path $env:SystemRoot -ChildPath 'System32\Sysprep'
$Tag = Join-Path -Path $SysprepFolder -ChildPath 'Sysprep_succeeded.tag'
$ErrorLog = Join-Path -Path $SysprepFolder -ChildPath 'Panther\setuperr.log'
$Panther = Join-Path -Path $env:SystemRoot -ChildPath 'Panther'
$Sealed = 'IMAGE_STATE_GENERALIZE_RESEAL_TO_OOBE'
# How long Sysprep may take; sysprep.ps1 says it.
$TimeoutMinutes = 25

# Lines that runs which succeeded write to setuperr.log as well. With UEFI firmware the lines about BCD come together: its
# export to the firmware's variables failed, the store on the disk is done.
$HarmlessErrors = @(
    'setupdigetclassdevs failed with error 0',
    'MRTGeneralize',
    'Failed to re-enable Compat-Gentel custom trigger',
    'BCD: BiUpdateEfiEntry failed c000000d',
    'BCD: BiExportBcdObjects failed c000000d',
    'BCD: BiExportStoreAlterationsToEfi failed c000000d',
    'Failed to export alterations to firmware. Status: c000000d'
)

function Publish-Sysprep {
    [CmdletBinding()]
    param([Parameter(Mandatory = $true)][System.Collections.IDictionary]$Value)
    if (-not (Publish-IngotReport -Name 'sysprep' -Value $Value)) {
        Add-Content -LiteralPath (Join-Path -Path $env:SystemRoot -ChildPath 'Temp\ingot-sysprep.log') -Value 'guestinfo could not be written'
    }
}

# Lines of setuperr.log that were not there before and do not belong to good runs.
function Get-NewError {
    [CmdletBinding()]
    param([Parameter(Mandatory = $true)][AllowEmptyCollection()][AllowEmptyString()][string[]]$Before)
    foreach ($line in @(Get-IngotLine -Path $ErrorLog)) {
        if ($line.Trim() -eq '' -or $Before -contains $line) { continue }
        $harmless = @($HarmlessErrors | Where-Object -FilterScript { $line.IndexOf($_, [StringComparison]::OrdinalIgnoreCase) -ge 0 })
        if ($harmless.Count -eq 0) { $line }
    }
}

# Answer files of the installation hold passwords, and Sysprep would take a cached one for its own. What Sysprep itself
# puts into Panther from /unattend stays: the first boot of a clone reads it there.
function Remove-OldAnswerFile {
    [CmdletBinding()]
    param()
    $files = @(
        (Join-Path -Path $Panther -ChildPath 'unattend.xml'),
        (Join-Path -Path $Panther -ChildPath 'unattend-original.xml'),
        (Join-Path -Path $Panther -ChildPath 'Unattend\unattend.xml'),
        (Join-Path -Path $Panther -ChildPath 'Unattend\Autounattend.xml'),
        (Join-Path -Path $SysprepFolder -ChildPath 'unattend.xml')
    )
    foreach ($file in $files) {
        if (Test-Path -LiteralPath $file) { Remove-Item -LiteralPath $file -Force }
    }
}

# Networks of containers that live in HNS.data would come back in every clone with the same ids.
function Remove-ContainerNetwork {
    [CmdletBinding()]
    param()
    foreach ($name in @('docker', 'containerd', 'hns')) { Stop-Service -Name $name -Force -ErrorAction SilentlyContinue }
    Remove-Item -LiteralPath (Join-Path -Path $env:ProgramData -ChildPath 'Microsoft\Windows\HNS\HNS.data') -Force -ErrorAction SilentlyContinue
}

# Sysprep clears the logs of an earlier run: they are kept for whoever looks into a failure.
function Save-Log {
    [CmdletBinding()]
    param()
    $target = Join-Path -Path $IngotFolder -ChildPath 'panther-before'
    Initialize-IngotFolder -Path $target
    foreach ($source in @((Join-Path -Path $SysprepFolder -ChildPath 'Panther'), $Panther)) {
        Get-ChildItem -Path (Join-Path -Path $source -ChildPath 'setup*.log') -ErrorAction SilentlyContinue |
            ForEach-Object -Process { Copy-Item -LiteralPath $_.FullName -Destination (Join-Path -Path $target -ChildPath ('{0}-{1}' -f (Split-Path -Path (Split-Path -Path $source -Parent) -Leaf), $_.Name)) -Force -ErrorAction SilentlyContinue }
    }
}

# Starts Sysprep and waits for the end of its process; $null when it did not end in time.
function Invoke-Sysprep {
    [CmdletBinding()]
    param(
        [Parameter(Mandatory = $true)][string]$Run,
        [Parameter(Mandatory = $true)][string]$Unattend
    )
    $start = New-Object -TypeName System.Diagnostics.ProcessStartInfo
    $start.FileName = Join-Path -Path $SysprepFolder -ChildPath 'sysprep.exe'
    # /quiet: a question would wait for ever on a console that nobody sees. /quit: the verdict comes before the power-off.
    # Without /mode:vm, which leaves hardware out and is no part of the procedure.
    $start.Arguments = '/generalize /oobe /quit /quiet {0}' -f (ConvertTo-NativeArgument -Argument "/unattend:$Unattend")
    $start.UseShellExecute = $false
    $process = [System.Diagnostics.Process]::Start($start)
    $deadline = [DateTime]::UtcNow.AddMinutes($TimeoutMinutes)
    $shown = ''
    # The exit of the process ends the wait; in between only the state is told when it changes.
    while (-not $process.WaitForExit(15000)) {
        # IMAGE_STATE_UNDEPLOYABLE is normal on the way.
        $state = Get-ImageState
        if ($state -ne $shown) {
            $shown = $state
            Publish-Sysprep -Value @{ state = 'running'; run = $Run; message = "Sysprep is at work ($state)" }
        }
        if ([DateTime]::UtcNow -gt $deadline) {
            $process.Kill()
            return $null
        }
    }
    return [int]$process.ExitCode
}

$run = ''
$verdict = @{ state = 'failed'; run = ''; imageState = ''; tag = $false; exitCode = -1; errors = @() }
try {
    $parameter = ConvertFrom-Json -InputObject ([System.IO.File]::ReadAllText((Join-Path -Path $IngotFolder -ChildPath 'sysprep.json')))
    $run = [string]$parameter.run
    $verdict.run = $run
    $TimeoutMinutes = [int](Get-IngotProperty -InputObject $parameter -Name 'minutes' -Default $TimeoutMinutes)
    Publish-Sysprep -Value @{ state = 'running'; run = $run; message = 'Preparing' }
    # As SYSTEM, Sysprep leaves AppX packages unregistered: no Start menu and no Settings in clones.
    if ([System.Security.Principal.WindowsIdentity]::GetCurrent().User.Value -eq 'S-1-5-18') {
        Stop-Ingot -Code 'sysprep.as-system' -Message 'Expected to run as Administrator, found SYSTEM.'
    }
    Save-Log
    Remove-OldAnswerFile
    Remove-ContainerNetwork
    # The tag of an earlier run would be taken for this one's.
    if (Test-Path -LiteralPath $Tag) { Remove-Item -LiteralPath $Tag -Force }
    $before = @(Get-IngotLine -Path $ErrorLog)

    Publish-Sysprep -Value @{ state = 'running'; run = $run; message = 'Starting Sysprep' }
    $code = Invoke-Sysprep -Run $run -Unattend ([string]$parameter.unattend)

    # The proof: state, tag and log. Neither the exit code (16001 with a good image) nor a power-off is one.
    $problems = @()
    if ($null -eq $code) { $problems += "Sysprep did not end within $TimeoutMinutes minutes" }
    else { $verdict.exitCode = $code }
    $verdict.imageState = Get-ImageState
    $verdict.tag = Test-Path -LiteralPath $Tag
    if ($verdict.imageState -ne $Sealed) { $problems += "ImageState is not $Sealed" }
    if (-not $verdict.tag) { $problems += 'Sysprep_succeeded.tag is missing' }
    $problems += @(Get-NewError -Before $before)

    if ($problems.Count -eq 0) {
        # sshd would make them again at a restart of its service, and all clones would share them.
        Stop-Service -Name 'sshd' -Force -ErrorAction SilentlyContinue
        Get-ChildItem -Path (Join-Path -Path $IngotSshFolder -ChildPath 'ssh_host_*') -ErrorAction SilentlyContinue | Remove-Item -Force
        # This script and the answer file go with it; both are read already.
        Remove-Item -LiteralPath $IngotFolder -Recurse -Force
        $verdict.state = 'succeeded'
    }
    else {
        # The first errors are the cause. A command line holds 32767 characters, and one of these may become six there.
        $verdict.errors = @($problems | Select-Object -First 20 | ForEach-Object -Process { $_.Substring(0, [Math]::Min(220, $_.Length)) })
    }
}
catch {
    $failure = ConvertFrom-IngotError -ErrorRecord $_
    $verdict.state = 'failed'
    $text = '{0}:{1}: {2}' -f $failure.script, $failure.line, $failure.message
    $verdict.errors = @($verdict.errors) + @($text.Substring(0, [Math]::Min(800, $text.Length)))
}

Publish-Sysprep -Value $verdict
# Time for vCenter to see the verdict: it is gone from there with the power. From here Windows goes down by itself.
$shutdown = Join-Path -Path $env:SystemRoot -ChildPath 'System32\shutdown.exe'
$end = Invoke-Native -FilePath $shutdown -ArgumentList @('/s', '/f', '/t', '30', '/d', 'p:2:4', '/c', 'ingot: Sysprep is done') -AnyCode
# 1115 and 1190: Windows goes down already. A VM that stayed up would be waited for until the deadline.
if (@(0, 1115, 1190) -notcontains $end.exitCode) { Stop-Computer -Force }
# Last, since it may end this very script: the task holds the random password of this run.
Unregister-ScheduledTask -TaskName $TaskName -Confirm:$false -ErrorAction SilentlyContinue
