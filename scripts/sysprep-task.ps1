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
. (Join-Path -Path $PSScriptRoot -ChildPath 'lib-sysprep.ps1')
. (Join-Path -Path $PSScriptRoot -ChildPath 'lib-tools.ps1')

$TaskName = 'ingot-sysprep'
$Tag = Join-Path -Path $IngotSysprepFolder -ChildPath 'Sysprep_succeeded.tag'
$ErrorLog = Join-Path -Path $IngotSysprepFolder -ChildPath 'Panther\setuperr.log'
$ActionLog = Join-Path -Path $IngotSysprepFolder -ChildPath 'Panther\setupact.log'
$Sealed = 'IMAGE_STATE_GENERALIZE_RESEAL_TO_OOBE'
# Whoever fetches the logs after a failure writes this file when it has them.
$Collected = Join-Path -Path $IngotFolder -ChildPath 'collected'
$CollectSeconds = 120
# Nobody may ignore these: Sysprep writes them when it gives up.
$Fatal = '\[0x0f00(70|73|82|a8|ae|d8)\]'

function Publish-Sysprep {
    [CmdletBinding()]
    param([Parameter(Mandatory = $true)][System.Collections.IDictionary]$Value)
    if (-not (Publish-IngotReport -Name 'sysprep' -Value $Value)) {
        Add-Content -LiteralPath (Join-Path -Path $env:SystemRoot -ChildPath 'Temp\ingot-sysprep.log') -Value 'guestinfo could not be written'
    }
}

# Lines of setuperr.log that were not there before and that do not belong to good runs.
function Get-NewError {
    [CmdletBinding()]
    param(
        [Parameter(Mandatory = $true)][AllowEmptyCollection()][AllowEmptyString()][string[]]$Before,
        [Parameter(Mandatory = $true)][AllowEmptyCollection()][AllowEmptyString()][string[]]$Harmless
    )
    foreach ($line in @(Get-IngotLine -Path $ErrorLog)) {
        if ($line.Trim() -eq '' -or $Before -contains $line) { continue }
        $known = @($Harmless | Where-Object -FilterScript { $_ -ne '' -and $line.IndexOf($_, [StringComparison]::OrdinalIgnoreCase) -ge 0 })
        if ($known.Count -eq 0 -or $line -match $Fatal) { $line }
    }
}

# What setupact.log says around its first error of this run: the provider that was at work, and the error itself. A log
# that ends without its last line is that of a process that was ended from outside.
function Get-ActionLine {
    [CmdletBinding()]
    param([Parameter(Mandatory = $true)][AllowEmptyCollection()][AllowEmptyString()][string[]]$Before)
    $lines = @(Get-IngotLine -Path $ActionLog)
    # Sysprep begins the log anew, or goes on with that of an earlier run, whose first line is there then.
    if ($Before.Count -gt 0 -and $lines.Count -ge $Before.Count -and $lines[0] -eq $Before[0]) { $lines = @($lines | Select-Object -Skip $Before.Count) }
    for ($index = 0; $index -lt $lines.Count; $index++) {
        if ($lines[$index] -notmatch ', Error\s|was installed for a user') { continue }
        foreach ($line in @($lines[[Math]::Max(0, $index - 2)..[Math]::Min($lines.Count - 1, $index + 3)])) { "setupact.log: $line" }
        break
    }
    if (@($lines | Select-Object -Last 3 | Where-Object -FilterScript { $_ -match 'Shutting down SysPrep log' }).Count -eq 0) { 'setupact.log ends without "Shutting down SysPrep log": sysprep.exe was ended from outside' }
}

# Answer files of the installation hold passwords, and Sysprep would take a cached one for its own. What Sysprep itself
# puts into Panther from /unattend stays: the first boot of a clone reads it there.
function Remove-Leftover {
    [CmdletBinding()]
    param([Parameter(Mandatory = $true)][AllowEmptyCollection()][AllowEmptyString()][string[]]$Path)
    foreach ($file in $Path) {
        if ($file -ne '' -and (Test-Path -LiteralPath $file)) { Remove-Item -LiteralPath $file -Recurse -Force }
    }
    $logon = 'HKLM:\SOFTWARE\Microsoft\Windows NT\CurrentVersion\Winlogon'
    # What the automatic logon of the installation leaves: the password in clear.
    Remove-ItemProperty -LiteralPath $logon -Name 'DefaultPassword' -ErrorAction SilentlyContinue
    # Commands that somebody typed in this Windows, with what stood in them.
    Remove-Item -Path (Join-Path -Path $env:SystemDrive -ChildPath 'Users\*\AppData\Roaming\Microsoft\Windows\PowerShell\PSReadLine\*') -Force -ErrorAction SilentlyContinue
}

# Networks of containers that live in HNS.data would come back in every clone with the same ids.
function Remove-ContainerNetwork {
    [CmdletBinding()]
    param()
    foreach ($name in @('docker', 'containerd', 'hns')) { Stop-Service -Name $name -Force -ErrorAction SilentlyContinue }
    Remove-Item -LiteralPath (Join-Path -Path $env:ProgramData -ChildPath 'Microsoft\Windows\HNS\HNS.data') -Force -ErrorAction SilentlyContinue
}

# ingot's own folder, with all that is in it. A virus scanner or a session that is just ending may hold a file for a moment.
function Remove-BuildFolder {
    [CmdletBinding()]
    param()
    for ($try = 1; ; $try++) {
        try {
            if (Test-Path -LiteralPath $IngotFolder) { Remove-Item -LiteralPath $IngotFolder -Recurse -Force }
            return
        }
        catch {
            if ($try -ge 15) { throw }
            Start-Sleep -Seconds 2
        }
    }
}

# Sysprep clears the logs of an earlier run: they are kept for whoever looks into a failure.
function Save-Log {
    [CmdletBinding()]
    param()
    $target = Join-Path -Path $IngotFolder -ChildPath 'panther-before'
    Initialize-IngotFolder -Path $target
    foreach ($source in @((Join-Path -Path $IngotSysprepFolder -ChildPath 'Panther'), (Join-Path -Path $env:SystemRoot -ChildPath 'Panther'))) {
        Get-ChildItem -Path (Join-Path -Path $source -ChildPath 'setup*.log') -ErrorAction SilentlyContinue |
            ForEach-Object -Process { Copy-Item -LiteralPath $_.FullName -Destination (Join-Path -Path $target -ChildPath ('{0}-{1}' -f (Split-Path -Path (Split-Path -Path $source -Parent) -Leaf), $_.Name)) -Force -ErrorAction SilentlyContinue }
    }
}

# Starts Sysprep and waits for the end of its process; $null when it did not end in time.
function Invoke-Sysprep {
    [CmdletBinding()]
    param(
        [Parameter(Mandatory = $true)][string]$Run,
        [Parameter(Mandatory = $true)][string]$Unattend,
        [AllowEmptyString()][string]$Mode,
        [Parameter(Mandatory = $true)][int]$Minutes
    )
    $start = New-Object -TypeName System.Diagnostics.ProcessStartInfo
    $start.FileName = Join-Path -Path $IngotSysprepFolder -ChildPath 'sysprep.exe'
    # /quiet: a question would wait for ever on a console that nobody sees. /quit: the verdict comes before the power-off.
    # /mode:vm leaves hardware out and is no part of the procedure: only where the image file asks for it.
    $how = if ($Mode -eq 'vm') { ' /mode:vm' } else { '' }
    $start.Arguments = '/generalize /oobe{0} /quit /quiet {1}' -f $how, (ConvertTo-NativeArgument -Argument "/unattend:$Unattend")
    $start.UseShellExecute = $false
    $process = [System.Diagnostics.Process]::Start($start)
    # Not by the time of day: a clock that is put right meanwhile must not end Sysprep.
    $clock = [System.Diagnostics.Stopwatch]::StartNew()
    $shown = ''
    # The exit of the process ends the wait; in between only the state is told when it changes.
    while (-not $process.WaitForExit(15000)) {
        # IMAGE_STATE_UNDEPLOYABLE is normal on the way.
        $state = Get-ImageState
        if ($state -ne $shown) {
            $shown = $state
            Publish-Sysprep -Value @{ state = 'running'; run = $Run; message = "Sysprep is at work ($state)" }
        }
        if ($clock.Elapsed.TotalMinutes -gt $Minutes) {
            $process.Kill()
            return $null
        }
    }
    return [int]$process.ExitCode
}

# Whether the next boot of this disk runs windeploy.exe: one that does not comes up as the master that it was.
function Test-Armed {
    [CmdletBinding()]
    param()
    $type = [int](Get-RegistryValue -Path 'HKLM:\SYSTEM\Setup' -Name 'SetupType' -Default 0)
    return $type -eq 2 -and [string](Get-RegistryValue -Path 'HKLM:\SYSTEM\Setup' -Name 'CmdLine' -Default '') -match 'windeploy'
}

$run = ''
$verdict = @{ state = 'failed'; run = ''; imageState = ''; tag = $false; armed = $false; exitCode = -1; errors = @() }
try {
    $parameter = ConvertFrom-Json -InputObject ([System.IO.File]::ReadAllText((Join-Path -Path $IngotFolder -ChildPath 'sysprep.json')))
    $run = [string]$parameter.run
    $verdict.run = $run
    $minutes = [int](Get-IngotProperty -InputObject $parameter -Name 'minutes' -Default 25)
    $mode = [string](Get-IngotProperty -InputObject $parameter -Name 'mode' -Default '')
    $harmless = @(Get-IngotProperty -InputObject $parameter -Name 'harmless' | Where-Object -FilterScript { $null -ne $_ } | ForEach-Object -Process { [string]$_ })
    $remove = @(Get-IngotProperty -InputObject $parameter -Name 'remove' | Where-Object -FilterScript { $null -ne $_ } | ForEach-Object -Process { [string]$_ })
    Publish-Sysprep -Value @{ state = 'running'; run = $run; message = 'Preparing' }
    # As SYSTEM, Sysprep leaves AppX packages unregistered: no Start menu and no Settings in clones.
    if ([System.Security.Principal.WindowsIdentity]::GetCurrent().User.Value -eq 'S-1-5-18') {
        Stop-Ingot -Code 'sysprep.as-system' -Message 'Expected to run as Administrator, found SYSTEM.'
    }
    Save-Log
    Remove-Leftover -Path $remove
    Remove-ContainerNetwork
    # The tag of an earlier run would be taken for this one's.
    if (Test-Path -LiteralPath $Tag) { Remove-Item -LiteralPath $Tag -Force }
    $before = @(Get-IngotLine -Path $ErrorLog)
    $actions = @(Get-IngotLine -Path $ActionLog)

    Publish-Sysprep -Value @{ state = 'running'; run = $run; message = 'Starting Sysprep' }
    $code = Invoke-Sysprep -Run $run -Unattend ([string]$parameter.unattend) -Mode $mode -Minutes $minutes

    # The proof: state, tag and log. Neither the exit code (16001 with a good image) nor a power-off is one.
    $problems = @()
    if ($null -eq $code) { $problems += "Sysprep did not end within $minutes minutes" }
    else { $verdict.exitCode = $code }
    $verdict.imageState = Get-ImageState
    $verdict.tag = Test-Path -LiteralPath $Tag
    $verdict.armed = Test-Armed
    if ($verdict.imageState -ne $Sealed) { $problems += "ImageState is not $Sealed" }
    if (-not $verdict.tag) { $problems += 'Sysprep_succeeded.tag is missing' }
    $problems += @(Get-NewError -Before $before -Harmless $harmless)

    if ($problems.Count -eq 0) {
        # sshd would make them again at a restart of its service, and all clones would share them.
        Stop-Service -Name 'sshd' -Force -ErrorAction SilentlyContinue
        Get-ChildItem -Path (Join-Path -Path $IngotSshFolder -ChildPath 'ssh_host_*') -ErrorAction SilentlyContinue | Remove-Item -Force
        Publish-Sysprep -Value @{ state = 'running'; run = $run; message = 'Sysprep is through; removing its task and the files of the build' }
        # The task holds the password of this run. By schtasks, whose deletion "doesn't interrupt a running program".
        [void](Invoke-Native -FilePath (Join-Path -Path $env:SystemRoot -ChildPath 'System32\schtasks.exe') -ArgumentList @('/delete', '/tn', $TaskName, '/f'))
        # This script and the answer file go with it; both are read already.
        Remove-BuildFolder
        $verdict.state = 'succeeded'
    }
    else {
        # The cause is mostly told by the first errors, and by what setupact.log says around its own first.
        $lines = @($problems | Select-Object -First 13) + @(Get-ActionLine -Before $actions)
        # A command line holds 32767 characters, and one of these may become six there.
        $verdict.errors = @($lines | Select-Object -First 20 | ForEach-Object -Process { $_.Substring(0, [Math]::Min(220, $_.Length)) })
    }
}
catch {
    $failure = ConvertFrom-IngotError -ErrorRecord $_
    $verdict.state = 'failed'
    $text = '{0}:{1}: {2}' -f $failure.script, $failure.line, $failure.message
    $verdict.errors = @($verdict.errors) + @($text.Substring(0, [Math]::Min(800, $text.Length)))
}

Publish-Sysprep -Value $verdict
if ($verdict.state -eq 'failed') {
    # Sessions that are open go on: the logs can be fetched before Windows goes down.
    $clock = [System.Diagnostics.Stopwatch]::StartNew()
    while (-not (Test-Path -LiteralPath $Collected) -and $clock.Elapsed.TotalSeconds -lt $CollectSeconds) { Start-Sleep -Seconds 1 }
}
# Time for vCenter to see the verdict: it is gone from there with the power. From here Windows goes down by itself.
$shutdown = Join-Path -Path $env:SystemRoot -ChildPath 'System32\shutdown.exe'
$seconds = if ($verdict.state -eq 'failed') { 5 } else { 30 }
$end = Invoke-Native -FilePath $shutdown -ArgumentList @('/s', '/f', '/t', $seconds, '/d', 'p:2:4', '/c', 'ingot: Sysprep is done') -AnyCode
# 1115 and 1190: Windows goes down already. A VM that stayed up would be waited for until the deadline.
if (@(0, 1115, 1190) -notcontains $end.exitCode) { Stop-Computer -Force }
