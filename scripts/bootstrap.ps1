# The first script inside Windows. Windows Setup runs it from the answer disc at the first logon of Administrator:
# VMware Tools, OpenSSH Server, the administrators' keys; then it publishes what ingot needs to log in. Safe to run again.
[CmdletBinding()]
param()

Set-StrictMode -Version 3
$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'
. (Join-Path -Path $PSScriptRoot -ChildPath 'common.ps1')
. (Join-Path -Path $PSScriptRoot -ChildPath 'lib-sshd.ps1')
. (Join-Path -Path $PSScriptRoot -ChildPath 'lib-state.ps1')
. (Join-Path -Path $PSScriptRoot -ChildPath 'lib-tools.ps1')

$Log = Join-Path -Path $IngotFolder -ChildPath 'bootstrap.log'
$ToolsLog = Join-Path -Path $IngotFolder -ChildPath 'vmware-tools.log'
$Stages = 6

function Write-BootstrapLog {
    [CmdletBinding()]
    param([Parameter(Mandatory = $true)][AllowEmptyString()][string]$Message)
    Add-Content -LiteralPath $Log -Value ('{0:yyyy-MM-ddTHH:mm:ssZ} {1}' -f [DateTime]::UtcNow, $Message) -Encoding UTF8
}

# Tells how far it is, in the log and over guestinfo; the latter reaches vCenter only once VMware Tools are there.
function Write-Stage {
    [CmdletBinding()]
    param(
        [Parameter(Mandatory = $true)][int]$Done,
        [Parameter(Mandatory = $true)][string]$Message
    )
    Write-BootstrapLog -Message $Message
    [void](Publish-IngotReport -Name 'bootstrap' -Value @{ state = 'running'; build = $script:Build; done = $Done; total = $Stages; message = $Message })
}

# The roots of all CDs with a disc in them. By content, never by letter: letters differ with every controller.
function Get-CdRoot {
    [CmdletBinding()]
    param()
    foreach ($drive in [System.IO.DriveInfo]::GetDrives()) {
        if ($drive.DriveType -eq [System.IO.DriveType]::CDRom -and $drive.IsReady) { $drive.RootDirectory.FullName }
    }
}

# setup64.exe or, on newer discs, setup.exe at the root of the VMware Tools disc. The Windows disc has a setup.exe too:
# it is told by its folder sources.
function Find-ToolsSetup {
    [CmdletBinding()]
    param()
    foreach ($root in @(Get-CdRoot)) {
        if (Test-Path -LiteralPath (Join-Path -Path $root -ChildPath 'sources\boot.wim')) { continue }
        foreach ($name in @('setup64.exe', 'setup.exe')) {
            $program = Join-Path -Path $root -ChildPath $name
            if (Test-Path -LiteralPath $program -PathType Leaf) { return $program }
        }
    }
    return ''
}

# The lines of the MSI log around the action that failed.
function Get-ToolsLogTail {
    [CmdletBinding()]
    param()
    $lines = @(Get-IngotLine -Path $ToolsLog)
    for ($index = 0; $index -lt $lines.Count; $index++) {
        if ($lines[$index] -match 'Return value 3') { return @($lines[[Math]::Max(0, $index - 4)..$index]) }
    }
    return @($lines | Select-Object -Last 5)
}

function Install-VmwareTools {
    [CmdletBinding()]
    param()
    if ($null -eq (Get-Service -Name 'VMTools' -ErrorAction SilentlyContinue)) {
        $setup = Find-ToolsSetup
        if ($setup -eq '') { Stop-Ingot -Code 'tools.no-disc' -Message 'Expected setup64.exe or setup.exe at the root of a CD (the VMware Tools ISO), found none.' }
        $deadline = [DateTime]::UtcNow.AddMinutes(15)
        while ($true) {
            # REBOOT=R: no restart by itself. The log's path has no spaces, so it needs no quotes inside the quotes.
            $end = Invoke-Native -FilePath $setup -CommandLine ('/S /v "/qn REBOOT=R /l*v {0}"' -f $ToolsLog) -NoOutput -AnyCode
            # 1618: another installation is at work, as often after the first logon.
            if ($end.exitCode -ne 1618 -or [DateTime]::UtcNow -gt $deadline) { break }
            Write-BootstrapLog -Message 'Windows Installer is busy with another installation; trying again'
            Start-Sleep -Seconds 10
        }
        Write-BootstrapLog -Message ('{0} ended with {1}' -f $setup, $end.exitCode)
        # 3010 and 1641: done, a restart is due.
        if (@(0, 3010, 1641) -notcontains $end.exitCode) {
            foreach ($line in @(Get-ToolsLogTail)) { Write-BootstrapLog -Message $line }
            Stop-Ingot -Code 'tools.setup' -Message ('Expected {0} to end with exit code 0, 3010 or 1641, found {1}.' -f $setup, $end.exitCode)
        }
    }
    # The exit code says little: what counts is that the service runs. It comes later where the setup leaves the work to
    # Windows Installer and ends before it.
    $deadline = [DateTime]::UtcNow.AddMinutes(5)
    while ($null -eq (Get-Service -Name 'VMTools' -ErrorAction SilentlyContinue)) {
        if ([DateTime]::UtcNow -gt $deadline) { Stop-Ingot -Code 'tools.missing' -Message 'Expected the service VMTools within 5 minutes of the end of the setup of VMware Tools, found none.' }
        Start-Sleep -Seconds 2
    }
    [void](Enable-IngotService -Name 'VMTools' -TimeoutSeconds 300)
}

# Win32-OpenSSH from its ZIP: the services come as Manual and without a firewall rule, both is mended later.
function Install-OpenSshArchive {
    [CmdletBinding()]
    param([Parameter(Mandatory = $true)][string]$Archive)
    $work = Join-Path -Path $IngotFolder -ChildPath 'openssh'
    $target = Join-Path -Path $env:ProgramFiles -ChildPath 'OpenSSH'
    Remove-Item -LiteralPath $work -Recurse -Force -ErrorAction SilentlyContinue
    Expand-Archive -LiteralPath $Archive -DestinationPath $work -Force
    $installer = @(Get-ChildItem -LiteralPath $work -Recurse -Filter 'install-sshd.ps1')
    if ($installer.Count -eq 0) { Stop-Ingot -Code 'openssh.archive' -Message "Expected install-sshd.ps1 in $Archive, found none." }
    [void](New-Item -Path $target -ItemType Directory -Force)
    Get-ChildItem -LiteralPath $installer[0].DirectoryName | Copy-Item -Destination $target -Recurse -Force
    Remove-Item -LiteralPath $work -Recurse -Force
    $program = Join-Path -Path $env:SystemRoot -ChildPath 'System32\WindowsPowerShell\v1.0\powershell.exe'
    $end = Invoke-Native -FilePath $program -ArgumentList @('-NoProfile', '-NonInteractive', '-ExecutionPolicy', 'Bypass', '-File', (Join-Path -Path $target -ChildPath 'install-sshd.ps1'))
    foreach ($line in $end.lines) { Write-BootstrapLog -Message $line }
}

function Find-OnCd {
    [CmdletBinding()]
    param([Parameter(Mandatory = $true)][string]$Pattern)
    foreach ($root in @(Get-CdRoot)) {
        $found = @(Get-ChildItem -Path (Join-Path -Path $root -ChildPath $Pattern) -ErrorAction SilentlyContinue)
        if ($found.Count -gt 0) { return $found[0].FullName }
    }
    return ''
}

function Install-OpenSsh {
    [CmdletBinding()]
    param([Parameter(Mandatory = $true)][string]$Source)
    # Built into 2025, and there already when this runs again.
    if ($null -ne (Get-Service -Name 'sshd' -ErrorAction SilentlyContinue)) { return }
    $archive = Find-OnCd -Pattern 'OpenSSH-Win64*.zip'
    $package = Find-OnCd -Pattern 'OpenSSH-Server-Package*.cab'
    $name = 'OpenSSH.Server~~~~0.0.1.0'
    if ($Source -eq 'disc') {
        if ($package -ne '') { [void](Add-WindowsCapability -Online -Name $name -Source (Split-Path -Path $package -Parent) -LimitAccess) }
        elseif ($archive -ne '') { Install-OpenSshArchive -Archive $archive }
        else { Stop-Ingot -Code 'openssh.no-disc' -Message 'Expected OpenSSH-Server-Package*.cab or OpenSSH-Win64*.zip at the root of a CD, found neither.' }
        return
    }
    # VMware Tools have just brought the network card: its address, and Windows Update with it, may take a while.
    $deadline = [DateTime]::UtcNow.AddMinutes(5)
    while ($true) {
        try {
            [void](Add-WindowsCapability -Online -Name $name)
            return
        }
        # 0x800f0954: WSUS stands in the way; 0x800f0950, 0x8024002e: build or policy; 0x80072efe: connection cut.
        catch { $failure = ConvertFrom-IngotError -ErrorRecord $_ }
        if ($archive -ne '') {
            Write-BootstrapLog -Message ('The capability did not install ({0}); taking the archive {1}' -f $failure.message, $archive)
            Install-OpenSshArchive -Archive $archive
            return
        }
        if ([DateTime]::UtcNow -gt $deadline) { Stop-Ingot -Code 'openssh.capability' -Message ('Expected the capability {0} to install from Windows Update, found: {1}. Put it on a disc (openssh.source: disc) where Windows Update cannot be reached.' -f $name, $failure.message) }
        Write-BootstrapLog -Message ('The capability did not install ({0}); trying again' -f $failure.message)
        Start-Sleep -Seconds 15
    }
}

# Sets the port before the first Match block: what is added at the end would fall into "Match Group administrators".
function Set-SshPort {
    [CmdletBinding()]
    param([Parameter(Mandatory = $true)][int]$Port)
    if ((Get-IngotSshPort) -eq $Port) { return }
    $path = Join-Path -Path $IngotSshFolder -ChildPath 'sshd_config'
    $lines = New-Object -TypeName System.Collections.ArrayList
    [void]$lines.Add("Port $Port")
    $global = $true
    foreach ($line in @(Get-IngotLine -Path $path)) {
        if ($line -match '^\s*Match\s') { $global = $false }
        if (-not ($global -and $line -match '^\s*Port[\s=]')) { [void]$lines.Add($line) }
    }
    # Written in place, not moved: the file keeps its access list. Without a byte order mark, which sshd does not skip.
    [System.IO.File]::WriteAllLines($path, [string[]]$lines.ToArray(), (New-Object -TypeName System.Text.UTF8Encoding -ArgumentList $false))
    Restart-Service -Name 'sshd' -Force
}

function Wait-SshPort {
    [CmdletBinding()]
    param([Parameter(Mandatory = $true)][int]$Port)
    $deadline = [DateTime]::UtcNow.AddSeconds(60)
    while (@(Get-NetTCPConnection -LocalPort $Port -State Listen -ErrorAction SilentlyContinue).Count -eq 0) {
        if ([DateTime]::UtcNow -gt $deadline) { Stop-Ingot -Code 'openssh.port' -Message "Expected sshd to listen on port $Port within 60 s, found that it does not." }
        Start-Sleep -Milliseconds 500
    }
}

# What the first logon leaves behind: commands that would run again, the logon by itself and its password.
function Clear-FirstLogon {
    [CmdletBinding()]
    param()
    $run = 'HKLM:\SOFTWARE\Microsoft\Windows\CurrentVersion\Run'
    $key = Get-Item -LiteralPath $run
    foreach ($name in @($key.GetValueNames() | Where-Object -FilterScript { $_ -like 'Unattend*' })) { Remove-ItemProperty -LiteralPath $run -Name $name }
    $winlogon = 'HKLM:\SOFTWARE\Microsoft\Windows NT\CurrentVersion\Winlogon'
    # Windows logs on one time more often than LogonCount says.
    foreach ($name in @('AutoLogonCount', 'DefaultPassword')) { Remove-ItemProperty -LiteralPath $winlogon -Name $name -ErrorAction SilentlyContinue }
    Set-ItemProperty -LiteralPath $winlogon -Name 'AutoAdminLogon' -Value '0'
    # 2022 and later: Server Core opens its menu at each logon.
    $sconfig = Get-Command -Name 'Set-SConfig' -ErrorAction SilentlyContinue
    if ($null -eq $sconfig) { return }
    try { & $sconfig -AutoLaunch $false }
    catch { Write-BootstrapLog -Message ('The menu of Server Core stays: {0}' -f $_.Exception.Message) }
}

# The public host keys, each as "type base64". DSA is left out: nobody may use it.
function Get-IngotHostKey {
    foreach ($file in @(Get-ChildItem -Path (Join-Path -Path $IngotSshFolder -ChildPath 'ssh_host_*_key.pub'))) {
        $words = [System.IO.File]::ReadAllText($file.FullName).Trim() -split '\s+'
        if ($words.Count -ge 2 -and $words[0] -ne 'ssh-dss') { '{0} {1}' -f $words[0], $words[1] }
    }
}

function Get-ReadyReport {
    [CmdletBinding()]
    param()
    $tools = Get-IngotService -Name 'VMTools'
    $windows = 'HKLM:\SOFTWARE\Microsoft\Windows NT\CurrentVersion'
    $hostKeys = @(Get-IngotHostKey)
    if ($hostKeys.Count -eq 0) { Stop-Ingot -Code 'openssh.host-keys' -Message 'Expected host keys in C:\ProgramData\ssh after the start of sshd, found none.' }
    return @{
        state        = 'ready'
        build        = $script:Build
        hostKeys     = $hostKeys
        tools        = @{ version = (Get-VmwareToolsVersion); status = $tools.status; startType = $tools.startType }
        os           = @{
            build            = (Get-IngotOsBuild)
            edition          = [string](Get-RegistryValue -Path $windows -Name 'EditionID' -Default '')
            installationType = [string](Get-RegistryValue -Path $windows -Name 'InstallationType' -Default '')
        }
        computerName = [string]$env:COMPUTERNAME
        bootTime     = (Get-IngotBootTime)
    }
}

$Build = ''
# The commands of the first logon are started again by the Run key, and all at the same time: one at work is enough.
$mutex = New-Object -TypeName System.Threading.Mutex -ArgumentList $false, 'Global\ingot-bootstrap'
try { $alone = $mutex.WaitOne(0) }
catch [System.Threading.AbandonedMutexException] { $alone = $true }
if (-not $alone) { exit 0 }

try {
    Initialize-IngotFolder
    $parameter = ConvertFrom-Json -InputObject ([System.IO.File]::ReadAllText((Join-Path -Path $PSScriptRoot -ChildPath 'bootstrap.json')))
    $Build = Get-IngotText -InputObject $parameter -Name 'build'
    $keys = @(Get-IngotProperty -InputObject $parameter -Name 'authorizedKeys' -Default @() | ForEach-Object -Process { ([string]$_).Trim() })
    if ($keys.Count -eq 0) { Stop-Ingot -Code 'bootstrap.keys' -Message 'Expected at least one key in bootstrap.json, found none.' }
    $openssh = Get-IngotProperty -InputObject $parameter -Name 'openssh' -Default (New-Object -TypeName PSObject)
    $source = [string](Get-IngotProperty -InputObject $openssh -Name 'source' -Default 'capability')
    $port = [int](Get-IngotProperty -InputObject $openssh -Name 'port' -Default 22)

    Write-Stage -Done 1 -Message 'Installing VMware Tools'
    Install-VmwareTools
    Write-Stage -Done 2 -Message 'Installing OpenSSH Server'
    Install-OpenSsh -Source $source
    Write-Stage -Done 3 -Message 'Starting OpenSSH Server'
    # Started before anything is put into C:\ProgramData\ssh: sshd makes that folder with the access list it wants, and
    # its host keys with it.
    [void](Enable-IngotService -Name 'sshd')
    Set-SshPort -Port $port
    Write-Stage -Done 4 -Message 'Authorizing the keys of Administrator'
    [void](Set-IngotAuthorizedKey -Key $keys)
    Write-Stage -Done 5 -Message 'Opening the firewall for SSH'
    [void](Set-IngotSshFirewall -Port $port)
    Wait-SshPort -Port $port
    # Not before: should Windows restart on the way, the next logon by itself runs this script again.
    Clear-FirstLogon
    $report = Get-ReadyReport
    if (-not (Publish-IngotReport -Name 'bootstrap' -Value $report)) {
        Stop-Ingot -Code 'bootstrap.guestinfo' -Message 'Expected vmtoolsd.exe to take guestinfo.ingot.bootstrap, found that it does not.'
    }
    Write-BootstrapLog -Message 'Ready'
}
catch {
    $failure = ConvertFrom-IngotError -ErrorRecord $_
    Write-BootstrapLog -Message ('FAILED {0}:{1}: {2}' -f $failure.script, $failure.line, $failure.message)
    # A command line holds 32767 characters, and one of these may become six there.
    $evidence = @(Get-IngotLine -Path $Log | Select-Object -Last 20 | ForEach-Object -Process { $_.Substring(0, [Math]::Min(220, $_.Length)) })
    $message = $failure.message.Substring(0, [Math]::Min(800, $failure.message.Length))
    [void](Publish-IngotReport -Name 'bootstrap' -Value @{ state = 'failed'; build = $Build; message = $message; evidence = $evidence })
    exit 1
}
finally { $mutex.ReleaseMutex() }
exit 0
