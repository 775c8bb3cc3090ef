# What a clone of the sealed VM is like after its first start: waits for the end of OOBE, then tells all at once.
# Changes nothing, and judges nothing.
[CmdletBinding()]
param()

Set-StrictMode -Version 3
$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'
. (Join-Path -Path $PSScriptRoot -ChildPath 'common.ps1')
. (Join-Path -Path $PSScriptRoot -ChildPath 'lib-state.ps1')
. (Join-Path -Path $PSScriptRoot -ChildPath 'lib-setup.ps1')
. (Join-Path -Path $PSScriptRoot -ChildPath 'lib-sshd.ps1')
. (Join-Path -Path $PSScriptRoot -ChildPath 'lib-tools.ps1')

$SysprepFolder = Join-Path -Path $env:SystemRoot -ChildPath 'System32\Sysprep'

# The line with which sshd greets; empty when nothing answers.
function Get-SshBanner {
    param([Parameter(Mandatory = $true)][int]$Port)
    $client = New-Object -TypeName System.Net.Sockets.TcpClient
    try {
        if (-not $client.ConnectAsync('127.0.0.1', $Port).Wait(5000)) { return '' }
        $stream = $client.GetStream()
        $stream.ReadTimeout = 5000
        $reader = New-Object -TypeName System.IO.StreamReader -ArgumentList $stream, ([System.Text.Encoding]::ASCII)
        return [string]$reader.ReadLine()
    }
    catch {
        Write-IngotLog -Message ('sshd: {0}' -f $_.Exception.GetBaseException().Message)
        return ''
    }
    finally { $client.Close() }
}

# Asks a client program for its server, for half a minute at most: a runtime that hangs holds its client up for ever.
function Invoke-Client {
    param([Parameter(Mandatory = $true)][string]$FilePath, [Parameter(Mandatory = $true)][string]$CommandLine)
    if (-not (Test-Path -LiteralPath $FilePath -PathType Leaf)) { return @{ answers = $false; answer = "no file $FilePath" } }
    $start = New-Object -TypeName System.Diagnostics.ProcessStartInfo -ArgumentList $FilePath, $CommandLine
    $start.UseShellExecute = $false
    $start.CreateNoWindow = $true
    $start.RedirectStandardOutput = $start.RedirectStandardError = $true
    $process = [System.Diagnostics.Process]::Start($start)
    try {
        $output, $errors = $process.StandardOutput.ReadToEndAsync(), $process.StandardError.ReadToEndAsync()
        if (-not $process.WaitForExit(30000)) {
            $process.Kill()
            return @{ answers = $false; answer = 'no answer within 30 s' }
        }
        $process.WaitForExit()
        $text = ($output.Result + $errors.Result).Trim()
        return @{ answers = ($process.ExitCode -eq 0); answer = $text.Substring(0, [Math]::Min(500, $text.Length)) }
    }
    finally { $process.Dispose() }
}

# The client's own words about its server: `docker version` and `ctr version` fail when none answers.
function Get-Runtime {
    param([Parameter(Mandatory = $true)][AllowEmptyString()][string]$Name)
    if ($Name -eq '') { return $null }
    # containerd's archive holds a folder bin.
    $client, $arguments = 'containerd\bin\ctr.exe', 'version'
    if ($Name -eq 'docker') { $client, $arguments = 'Docker\docker.exe', 'version --format {{.Server.Version}}' }
    $end = Invoke-Client -FilePath (Join-Path -Path $env:ProgramFiles -ChildPath $client) -CommandLine $arguments
    $service = Get-IngotService -Name $Name
    # Of ctr's lines the last version is the server's.
    $versions = @([regex]::Matches($end.answer, '(?m)^\s*Version:\s*(\S+)') | ForEach-Object -Process { $_.Groups[1].Value })
    if ($end.answers -and $versions.Count -gt 0) { $end.answer = $versions[-1] }
    return @{ name = $Name; status = $service.status; startType = $service.startType; answers = $end.answers; answer = $end.answer }
}

function Get-Rule {
    param([Parameter(Mandatory = $true)][AllowEmptyCollection()][AllowEmptyString()][string[]]$Name)
    foreach ($one in $Name) {
        foreach ($rule in @(Get-NetFirewallRule -DisplayName $one -ErrorAction SilentlyContinue)) {
            $filter = $rule | Get-NetFirewallPortFilter
            @{
                name      = $one
                port      = (@($filter.LocalPort) -join ',')
                protocol  = [string]$filter.Protocol
                enabled   = ($rule.Enabled.ToString() -eq 'True')
                direction = $rule.Direction.ToString()
                action    = $rule.Action.ToString()
            }
        }
    }
}

# Files and tasks of the build that came with the image: those that are older than the end of its Sysprep. What this very
# call brought, and what Windows made at this start, is younger.
function Get-Leftover {
    foreach ($task in @(Get-ScheduledTask -TaskName 'ingot-*' -ErrorAction SilentlyContinue)) { 'scheduled task {0}' -f $task.TaskName }
    $tag = Get-Item -LiteralPath (Join-Path -Path $SysprepFolder -ChildPath 'Sysprep_succeeded.tag') -ErrorAction SilentlyContinue
    if ($null -eq $tag) { return }
    $sealed = $tag.CreationTimeUtc
    $files = @(Get-ChildItem -LiteralPath $IngotFolder -Recurse -Force -File -ErrorAction SilentlyContinue)
    # Networks of the master: the Host Networking Service would take them up in each clone.
    $files += @(Get-Item -LiteralPath (Join-Path -Path $env:ProgramData -ChildPath 'Microsoft\Windows\HNS\HNS.data') -Force -ErrorAction SilentlyContinue)
    foreach ($file in @($files | Where-Object -FilterScript { $_.CreationTimeUtc -lt $sealed } | Select-Object -First 20)) { [string]$file.FullName }
}

# Answer files that Windows keeps. It writes SENSITIVE*DATA*DELETED in the place of passwords once their pass is over.
function Get-PasswordFile {
    $places = @(
        (Join-Path -Path $env:SystemRoot -ChildPath 'Panther\*.xml')
        (Join-Path -Path $env:SystemRoot -ChildPath 'Panther\Unattend\*.xml')
        (Join-Path -Path $SysprepFolder -ChildPath '*.xml')
        ('{0}\*unattend*.xml' -f $env:SystemDrive)
    )
    foreach ($file in @(Get-ChildItem -Path $places -File -Force -ErrorAction SilentlyContinue)) {
        # Setup may still hold some of them open.
        $text = @(Get-IngotLine -Path $file.FullName) -join "`n"
        $values = @([regex]::Matches($text, '(?s)<(?:\w*Password)>(?:(?!</).)*?<Value>([^<]*)</Value>') | ForEach-Object -Process { $_.Groups[1].Value.Trim() })
        if (@($values | Where-Object -FilterScript { $_ -ne '' -and $_ -notlike '*SENSITIVE*DATA*DELETED*' }).Count -gt 0) { [string]$file.FullName }
    }
}

function Get-DiskState {
    $partition = Get-Partition -DriveLetter $env:SystemDrive.Substring(0, 1)
    $disk = Get-Disk -Number $partition.DiskNumber
    return @{ size = [int64]$disk.Size; unallocated = [int64]$disk.LargestFreeExtent }
}

# What DNS of this network says of a name, by the DNS protocol alone. A network that has just been connected answers late:
# what is no answer is asked for again, until the time is over.
function Resolve-Name {
    param([Parameter(Mandatory = $true)][string]$Name, [Parameter(Mandatory = $true)][System.Diagnostics.Stopwatch]$Clock, [Parameter(Mandatory = $true)][int]$Seconds)
    for (; ; ) {
        $answer = @{ name = $Name; addresses = @(); chain = @(); error = '' }
        try {
            $records = @(Resolve-DnsName -Name $Name -Type A_AAAA -DnsOnly -ErrorAction Stop | Where-Object -FilterScript { [string]$_.Section -eq 'Answer' })
            $answer.addresses = @($records | Where-Object -FilterScript { @('A', 'AAAA') -contains [string]$_.QueryType } | ForEach-Object -Process { [string]$_.IPAddress } | Sort-Object -Unique)
            $answer.chain = @($records | Where-Object -FilterScript { [string]$_.QueryType -eq 'CNAME' } | ForEach-Object -Process { [string]$_.NameHost } | Select-Object -Unique)
            return $answer
        }
        catch {
            # DNS_ERROR_RCODE_NAME_ERROR,Microsoft.DnsClient.Commands.ResolveDnsName: the same in each language.
            $answer.error = ([string]$_.FullyQualifiedErrorId -split ',')[0]
            Write-IngotLog -Message ('{0}: {1}' -f $Name, $_.Exception.GetBaseException().Message)
        }
        if (@('DNS_ERROR_RCODE_NAME_ERROR', 'DNS_INFO_NO_RECORDS') -contains $answer.error) { return $answer }
        if ($Clock.Elapsed.TotalSeconds -ge $Seconds) { return $answer }
        Start-Sleep -Seconds 1
    }
}

Invoke-IngotScript -Body {
    param($Parameter)
    $run = Get-IngotText -InputObject $Parameter -Name 'run'
    $seconds = [int](Get-IngotProperty -InputObject $Parameter -Name 'seconds' -Default 600)
    $runtime = [string](Get-IngotProperty -InputObject $Parameter -Name 'runtime' -Default '')
    if (@('', 'docker', 'containerd') -notcontains $runtime) { Stop-Ingot -Code 'guest.parameters' -Message "Expected docker or containerd in runtime, found $runtime." }
    $names = @(Get-IngotProperty -InputObject $Parameter -Name 'rules' -Default @() | ForEach-Object -Process { [string]$_ })
    $dnsNames = @(Get-IngotProperty -InputObject $Parameter -Name 'dnsNames' -Default @() | ForEach-Object -Process { [string]$_ })

    $services = @(@('sshd', 'VMTools', $runtime) | Where-Object -FilterScript { $_ -ne '' })
    $state = Wait-SetupReady -Service $services -Seconds $seconds

    $system = Get-CimInstance -ClassName Win32_ComputerSystem
    $sshd = Get-IngotService -Name 'sshd'
    $sshd.port = Get-IngotSshPort
    $sshd.banner = Get-SshBanner -Port $sshd.port
    $tools = Get-IngotService -Name 'VMTools'
    $tools.version = [string](Get-VmwareToolsVersion)
    $hostKeys = @(Get-ChildItem -Path (Join-Path -Path $IngotSshFolder -ChildPath 'ssh_host_*_key.pub') -ErrorAction SilentlyContinue |
            ForEach-Object -Process { (@(Get-IngotLine -Path $_.FullName)[0] -split '\s+')[0, 1] -join ' ' })
    $keys = @{ keys = @(Get-IngotLine -Path $IngotKeyFile | Where-Object -FilterScript { $_ -ne '' }); acl = '' }
    if (Test-Path -LiteralPath $IngotKeyFile) { $keys.acl = [string](Get-Acl -LiteralPath $IngotKeyFile).Sddl }
    $clock = [System.Diagnostics.Stopwatch]::StartNew()
    $facts = @{
        run           = $run
        computerName  = [string]$env:COMPUTERNAME
        domain        = [string]$system.Domain
        partOfDomain  = [bool]$system.PartOfDomain
        osBuild       = Get-IngotOsBuild
        hostKeys      = $hostKeys
        sshd          = $sshd
        tools         = $tools
        runtime       = (Get-Runtime -Name $runtime)
        rules         = @(Get-Rule -Name $names)
        timeZone      = [string](Get-TimeZone).Id
        leftovers     = @(Get-Leftover)
        passwordFiles = @(Get-PasswordFile)
        disk          = (Get-DiskState)
        dns           = @($dnsNames | ForEach-Object -Process { Resolve-Name -Name $_ -Clock $clock -Seconds 30 })
    }
    foreach ($name in $state.Keys) { $facts[$name] = $state[$name] }
    # Over guestinfo as well, which needs neither a login nor a network; less what is long.
    $facts.published = Publish-IngotReport -Name 'smoke' -Value $facts
    $conf = Join-Path -Path $env:ProgramData -ChildPath 'VMware\VMware Tools\tools.conf'
    $facts.toolsConf = ''
    if (Test-Path -LiteralPath $conf -PathType Leaf) { $facts.toolsConf = [Convert]::ToBase64String([System.IO.File]::ReadAllBytes($conf)) }
    $facts.authorizedKeys = $keys
    $facts
}
